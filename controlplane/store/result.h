/*
 * result.h - how db.c hands over what the server answered.
 */
#pragma once

#include <libpq-fe.h>

#include "controlplane/store/db.h"

/* Takes the result: it dies with the arena. */
const struct db_rows *rows_take(struct arena *, PGresult *);
