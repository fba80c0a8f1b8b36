"""The shipped presets: JSON files, each holding only what differs from the defaults."""
