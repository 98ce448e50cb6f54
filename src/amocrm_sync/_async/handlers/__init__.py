"""The handlers' shell: whatever waits."""
