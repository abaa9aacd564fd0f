/*
 * lexer_string.h - the lexer's inside of strings; private to lexer*.c.
 */
#pragma once

#include "dataplane/translate/lexer.h"

/* Behind the string that begins at l->at; NULL with a fault. */
const char *lexer_string_end(struct lexer *);

/* Ends the reading at this byte, unless it has ended already. */
enum lexer_token lexer_fault_at(
    struct lexer *, const char *place, const char *what);
