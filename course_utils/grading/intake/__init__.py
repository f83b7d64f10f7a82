"""From what lies in `submitted/` to a notebook that can be graded."""
