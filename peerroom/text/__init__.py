"""Text that strangers wrote, and how wide it is."""
