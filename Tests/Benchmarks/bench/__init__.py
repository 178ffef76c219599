"""The benchmark beside the peers; see contrib/bench."""
