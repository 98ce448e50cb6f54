"""The version, in one place: hatch reads it for the wheel, the client for its User-Agent."""

__version__ = "0.1.0"
