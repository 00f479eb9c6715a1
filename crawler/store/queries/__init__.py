"""Questions that commands ask the store, and the few words that people write into it; synchronous."""
