/* SPDX-License-Identifier: MIT */
/* What the scans share. */
#ifndef PWI_LAB_LAB_SCAN_H
#define PWI_LAB_LAB_SCAN_H

#include "lab/lab_rows.h"

#include <padwise/scan.h>

/* Rows of one encoder. */
pw_status pwi_rows_check_width(const pw_rows *a, const pw_rows *b, pw_error *err);

#endif
