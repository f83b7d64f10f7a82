"""Programs that run by themselves, where nothing else of the course is."""
