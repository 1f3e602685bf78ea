"""How long tests wait for what is to happen."""

PATIENCE = 150.0
"""Seconds after which a test says that something did not happen. Long, for it costs nothing unless
something is broken, and the machines that run the tests are busy at times. What has to be quick is
measured in `make bench`."""
