"""Planning a forum: the plan, its approval, and the other actions that change its state."""
