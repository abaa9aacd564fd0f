list(APPEND controlplane_sources audit/audit.c audit/chain.c)
