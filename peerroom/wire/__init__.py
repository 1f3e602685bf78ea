"""What PeerRoom's own programs say to each other, versioned."""
