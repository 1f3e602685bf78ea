"""The member's side of changing names: the wallet's steps, carried out in the world."""
