"""What goes to and fro between the course and a learning platform: files, names and grades."""
