"""How a URL is fetched: guarded connections and answers bounded in every direction."""
