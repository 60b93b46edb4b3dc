"""The commands of `yipan`, each a thin function. What they need is imported when they run: `yipan --help` answers at once."""
