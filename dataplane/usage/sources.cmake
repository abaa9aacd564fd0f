# Usage: from a record to an acknowledged one.
set(usage_sources
  usage/packing.c usage/segment.c
  usage/spool.c usage/spool_recovery.c usage/spool_reader.c
  usage/spool_keeper.c usage/shipper.c)
