"""From a notebook to what each of its cells came to: a trusted process asks, and decides."""
