"""One module for each change of the tables, oldest first. What is released is never edited."""
