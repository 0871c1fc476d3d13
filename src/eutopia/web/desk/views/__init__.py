"""Views of the desk: each asks selectors and services, and holds no rule."""
