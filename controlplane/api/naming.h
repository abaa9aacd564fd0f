/*
 * naming.h - the slug and name a row gets when the body leaves them out.
 */
#pragma once

#include <jansson.h>

#include "common/str.h"

struct arena;

/* "Team Größe 7" -> "team-gr-e-7"; "x" when nothing fit is left. */
struct str slug_from_name(struct arena *, struct str name);

/* "gemini-2.5-pro" stays as it is: dots are kept. */
struct str slug_from_dotted(struct arena *, struct str name);

/* The same with six random characters behind, for one that was taken. */
struct str slug_with_suffix(struct arena *, struct str slug);
