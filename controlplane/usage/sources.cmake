list(APPEND controlplane_sources usage/event.c usage/totals.c
  usage/collector.c)
