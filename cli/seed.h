/*
 * seed.h - makes a control plane hold what a manifest says.
 *
 * Each resource is looked up by its slug: one that is missing is created,
 * one that was seeded from another version of its entry is changed, every
 * other one is left alone, so that what people changed stays changed.  What
 * an entry was when it was last applied is kept in its label "seed".
 */
#pragma once

#include "cli/exit.h"
#include "cli/session.h"

/* seed FILE [--simulator URL] [--key-file F] [--dry-run] */
enum exit_code seed_command(struct session *);
