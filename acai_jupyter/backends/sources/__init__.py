"""Where data lies that is registered in place."""
