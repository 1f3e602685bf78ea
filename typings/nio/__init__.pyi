# Only what peerroom/matrix calls; see docs/decisions/0003-nio.md.
