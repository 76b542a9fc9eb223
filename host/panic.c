/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "weft/types.h"

void weft_panic(const char *file, int line, const char *expr)
{
    (void)fprintf(stderr, "weft: %s:%d: broken invariant: %s\n", file, line, expr);
    abort();
}
