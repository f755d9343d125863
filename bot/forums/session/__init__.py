"""The session of a forum: submissions one after another, answers, oral submissions."""
