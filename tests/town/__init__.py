"""The town of the tests: replicas of the bot, a simulated Telegram, and people who use them."""
