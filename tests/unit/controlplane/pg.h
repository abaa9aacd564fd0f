/*
 * pg.h - a PostgreSQL of the test's own, in a directory of its own.
 *
 * It listens on a Unix socket only and runs without privileges: as the user
 * of the test, or as "postgres" (else "nobody") when that is root.  It is
 * made without durability, which only a crash of the machine would show.
 */
#pragma once

struct pg;

/* Takes about a second; aborts when there is no PostgreSQL to run. */
struct pg *pg_start(void);

/* Stops it and removes its directory. */
void pg_stop(struct pg *);

const char *pg_url(const struct pg *);

/* As a crash and a recovery of the server: clients lose their connections. */
void pg_kill(struct pg *);
void pg_resume(struct pg *);
