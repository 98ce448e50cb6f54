"""Doors to frameworks: each translates requests and answers, and decides nothing."""

__all__: list[str] = []
