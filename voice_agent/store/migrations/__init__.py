"""How the schema came to be; run by `voice_agent.store.migrate` at every start."""
