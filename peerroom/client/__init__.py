"""The headless client that every face stands on."""
