"""The vault: everything PeerRoom keeps, encrypted, in one private folder or in memory alone."""
