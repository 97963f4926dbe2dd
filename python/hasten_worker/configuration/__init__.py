"""Options and settings: registered in pytest's parser, and sent to the supervisor."""
