"""What students get: assignments, frozen cases, the kit; and a sample class to try it on."""
