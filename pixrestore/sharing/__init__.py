"""Models on their way: installed from folders, archives, addresses and the Hub, and published."""
