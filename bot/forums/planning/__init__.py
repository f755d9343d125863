"""Planning a forum: the plan, its approval, and the actions that move it on."""
