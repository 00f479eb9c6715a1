"""What a visitor's browser sees: Chromium behind a proxy of ours, bounded in every direction."""
