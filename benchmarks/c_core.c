/* The interaction and the rebuild of one layer in C: the yardstick for the compiled Python.

   A straight port of the formulas, single thread, for gcc -O3 -march=native without -ffast-math.
   Layout as in the package: ties as half-edges sorted by firm; profile float[n][16] holds skills 0-4,
   culture 5-10, purpose 11-13, reputation 14, expected value 15; aside float[n][2] attention and root
   of size. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t i64;
typedef uint32_t u32;
typedef uint64_t u64;

enum { NONE, SUCCESS, FAILURE, CHEATED, CHEATS, BOTH_CHEAT };

static const int TASK_A[10] = {0, 0, 0, 0, 1, 1, 1, 2, 2, 3};
static const int TASK_B[10] = {1, 2, 3, 4, 2, 3, 4, 3, 4, 4};

static inline void philox(u64 key, i64 a, i64 b, u32 out[4]) {
    u32 c0 = (u32)a, c1 = (u32)((u64)a >> 32), c2 = (u32)b, c3 = (u32)((u64)b >> 32);
    u32 k0 = (u32)key, k1 = (u32)(key >> 32);
    for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)0xD2511F53u * c0, p1 = (u64)0xCD9E8D57u * c2;
        c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c1 = (u32)p1;
        c3 = (u32)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0; out[1] = c1; out[2] = c2; out[3] = c3;
}

/* Draws are made for 64 rows at once, in loops that do nothing else, so that the compiler can use wide registers. */
enum { ROWS = 64 };

typedef struct {
    i64 *least, *greatest;
    u32 *word[4];
} Draws;

static Draws room_for(i64 n, const i64 *ptr) {
    i64 most = 1;
    for (i64 i = 0; i < n; i += ROWS) {
        i64 count = ptr[i + ROWS < n ? i + ROWS : n] - ptr[i];
        if (count > most) most = count;
    }
    Draws d = {malloc(most * sizeof(i64)), malloc(most * sizeof(i64)), {0}};
    for (int k = 0; k < 4; k++) d.word[k] = malloc(most * sizeof(u32));
    return d;
}

static void free_room(Draws d) {
    free(d.least);
    free(d.greatest);
    for (int k = 0; k < 4; k++) free(d.word[k]);
}

/* Draws the first `words` (1 or 4) words for the ties of rows i to i + 63. */
static void draw_rows(i64 i, i64 n, u64 key, const i64 *uid, const i64 *ptr, const int32_t *nbr, int words, Draws d) {
    i64 stop = i + ROWS < n ? i + ROWS : n, count = 0;
    for (i64 row = i; row < stop; row++)
        for (i64 h = ptr[row]; h < ptr[row + 1]; h++) {
            i64 own = uid[row], other = uid[nbr[h]];
            d.least[count] = own < other ? own : other;
            d.greatest[count++] = own < other ? other : own;
        }
    const i64 *restrict a = d.least, *restrict b = d.greatest;
    u32 *restrict w0 = d.word[0], *restrict w1 = d.word[1], *restrict w2 = d.word[2], *restrict w3 = d.word[3];
    if (words == 1)
        for (i64 k = 0; k < count; k++) {
            u32 out[4];
            philox(key, a[k], b[k], out);
            w0[k] = out[0];
        }
    else
        for (i64 k = 0; k < count; k++) {
            u32 out[4];
            philox(key, a[k], b[k], out);
            w0[k] = out[0]; w1[k] = out[1]; w2[k] = out[2]; w3[k] = out[3];
        }
}

static inline double unit(u32 word) { return ((double)word + 0.5) * 0x1p-32; }
static inline double trust_of(float good, float bad) { return (good + 1.0) / ((double)good + (double)bad + 2.0); }
static inline double logistic(double x) { return 1.0 / (1.0 + exp(-x)); }

static inline double gap(const float *p, const float *q, int first, int last) {
    double total = 0.0;
    for (int k = first; k < last; k++) {
        double d = (double)p[k] - (double)q[k];
        total += d * d;
    }
    return fmin(1.0, 1.5 * sqrt(total / (last - first)));
}

static inline double inverted_u(double x, double a) { return x >= a ? 0.0 : 4.0 * (x / a) * (1.0 - x / a); }

typedef struct {
    double frequency, base, by_strength, payoff, constant, coverage, trust, alignment, cognitive, culture,
        coordination, optimum, temptation, cheating, sucker;
} Work;

void update_projects(i64 n, u64 key, const i64 *uid, const float *profile, const float *aside, const i64 *ptr,
                     const int32_t *nbr, const float *w, const float *good, const float *bad,
                     const float *good_in, const float *bad_in, const Work *p, uint8_t *outcome, float *value,
                     double *income, int32_t *projects, int32_t *successes, int32_t *betrayals) {
    Draws d = room_for(n, ptr);
    i64 drawn = 0;
    for (i64 i = 0; i < n; i++) {
        if (i % ROWS == 0) {
            draw_rows(i, n, key, uid, ptr, nbr, 4, d);
            drawn = ptr[i];
        }
        double earned = 0.0;
        const float *mine = profile + 16 * i;
        for (i64 h = ptr[i]; h < ptr[i + 1]; h++) {
            i64 j = nbr[h];
            int first = uid[i] < uid[j];
            u32 words[4];
            for (int k = 0; k < 4; k++) words[k] = d.word[k][h - drawn];
            uint8_t result = NONE;
            double gain = 0.0;
            if (unit(words[0]) < p->frequency * (p->base + p->by_strength * w[h])) {
                const float *its = profile + 16 * j;
                double t_i = trust_of(good[h], bad[h]), t_j = trust_of(good_in[h], bad_in[h]);
                int task = (int)(((words[3] & 0xFFFF) * 10u) >> 16);
                int a = TASK_A[task], b = TASK_B[task];
                double covered = 0.5 * ((double)(mine[a] > its[a] ? mine[a] : its[a]) +
                                        (double)(mine[b] > its[b] ? mine[b] : its[b]));
                double alignment = 1.0 - gap(mine, its, 11, 14);
                double attention = fmin(aside[2 * i], aside[2 * j]);
                double fit = p->constant + p->coverage * covered + p->trust * 0.5 * (t_i + t_j);
                fit += p->alignment * alignment + p->cognitive * inverted_u(gap(mine, its, 0, 5), p->optimum);
                fit -= p->culture * gap(mine, its, 5, 11) + p->coordination;
                projects[i]++;
                if (unit(words[1]) < attention * logistic(fit)) {
                    u32 own = first ? words[2] & 0xFFFF : words[2] >> 16;
                    u32 other = first ? words[2] >> 16 : words[2] & 0xFFFF;
                    double lure = p->temptation * (1.0 - 0.5 * alignment);
                    int i_cheat = (own + 0.5) / 65536.0 < lure * (1.0 - t_i);
                    int j_cheats = (other + 0.5) / 65536.0 < lure * (1.0 - t_j);
                    double r_i = aside[2 * i + 1], r_j = aside[2 * j + 1];
                    double scale = attention * fmin(r_i, r_j) * sqrt(r_i * r_j);
                    if (i_cheat && j_cheats) {
                        result = BOTH_CHEAT;
                        gain = -0.5 * p->sucker * scale;
                    } else if (i_cheat) {
                        result = CHEATS;
                        gain = p->payoff * (1.0 + p->cheating) * scale;
                    } else if (j_cheats) {
                        result = CHEATED;
                        gain = -p->sucker * scale;
                    } else {
                        result = SUCCESS;
                        gain = p->payoff * scale;
                        successes[i]++;
                    }
                    betrayals[i] += i_cheat;
                } else {
                    result = FAILURE;
                }
            }
            outcome[h] = result;
            value[h] = (float)(0.9 * value[h] + 0.1 * gain);
            earned += gain;
        }
        income[i] += earned;
    }
    free_room(d);
}

typedef struct {
    double gain, decay, feedback, reference, evidence, breach, fade, reputation;
} Strengthening;

void update_strength(i64 n, const i64 *ptr, const int32_t *nbr, const uint8_t *outcome, const float *aside,
                     const Strengthening *p, float *w, float *good, float *bad, float *good_in, float *bad_in,
                     double *reputation) {
    for (i64 i = 0; i < n; i++) {
        double total = 0.0;
        for (i64 h = ptr[i]; h < ptr[i + 1]; h++) {
            uint8_t code = outcome[h];
            double strength = w[h], rise = 0.0;
            double gains = p->fade * good[h], losses = p->fade * bad[h];
            double gains_in = p->fade * good_in[h], losses_in = p->fade * bad_in[h];
            if (code != NONE) {
                double attention = fmin(aside[2 * i], aside[2 * (i64)nbr[h]]);
                double y = code == SUCCESS;
                rise = p->gain * attention * (p->feedback * y + (1.0 - p->feedback) * p->reference);
                double weight = p->evidence * attention;
                if (code == SUCCESS) {
                    gains += weight;
                    gains_in += weight;
                } else if (code == FAILURE) {
                    losses += 0.5 * weight;
                    losses_in += 0.5 * weight;
                }
                if (code == CHEATED || code == BOTH_CHEAT) losses += p->breach * weight;
                if (code == CHEATS || code == BOTH_CHEAT) losses_in += p->breach * weight;
            }
            strength += rise * (1.0 - strength) - p->decay * strength;
            w[h] = (float)fmin(fmax(strength, 0.0), 1.0);
            good[h] = (float)gains;
            bad[h] = (float)losses;
            good_in[h] = (float)gains_in;
            bad_in[h] = (float)losses_in;
            total += trust_of(good_in[h], bad_in[h]);
        }
        i64 k = ptr[i + 1] - ptr[i];
        if (k > 0) reputation[i] += p->reputation * (total / k - reputation[i]);
    }
}

typedef struct {
    double hazard, by_strength, by_trust, embedded, unwilling;
} Dissolution;

typedef struct {
    double complementarity, cognitive, trust, purpose, closure, other_layer, expected, k0, intercept, tie_cost,
        culture, geography, rivalry, homophily, optimum, distance;
} Utility;

static double utility(i64 i, i64 j, double trust, int shared, i64 degree, const float *profile, const double *x,
                      const double *y, const int16_t *sector, const Utility *p) {
    const float *mine = profile + 16 * i, *its = profile + 16 * j;
    double knowledge = gap(mine, its, 0, 5), better = 0.0;
    for (int k = 0; k < 5; k++) better += fmax(0.0, (double)its[k] - (double)mine[k]);
    double far = sqrt((x[i] - x[j]) * (x[i] - x[j]) + (y[i] - y[j]) * (y[i] - y[j])) / p->distance;
    double crowd = degree / p->k0;
    double value = p->intercept + p->complementarity * fmin(1.0, 0.8 * better);
    value += p->cognitive * inverted_u(knowledge, p->optimum) + p->trust * trust;
    value += p->purpose * (1.0 - gap(mine, its, 11, 14)) + p->closure * fmin(1.0, shared / 3.0);
    value += p->expected * its[15] + p->homophily * (1.0 - knowledge);
    value -= p->culture * gap(mine, its, 5, 11) + p->geography * (far / (1.0 + far));
    value -= p->tie_cost * (1.0 + crowd * crowd);
    if (sector[i] == sector[j]) value -= p->rivalry * (1.0 - knowledge) * (1.0 - trust);
    return value;
}

static int common(const i64 *ptr, const int32_t *nbr, i64 i, i64 j) {
    i64 a = ptr[i], b = ptr[j];
    int count = 0;
    while (a < ptr[i + 1] && b < ptr[j + 1]) {
        if (nbr[a] == nbr[b]) { count++; a++; b++; }
        else if (nbr[a] < nbr[b]) a++;
        else b++;
    }
    return count;
}

/* Returns how many half-edges break; their positions go to `gone`. One layer: no tie is embedded. */
i64 find_breaks(i64 n, u64 key, const i64 *uid, const double *drive, const double *x, const double *y,
                const int16_t *sector, const float *profile, const i64 *ptr, const int32_t *nbr, const float *w,
                const float *good, const float *bad, const float *good_in, const float *bad_in,
                const Dissolution *p, const Utility *u, i64 *gone) {
    double most = p->hazard * exp(0.4 * p->by_strength + 0.6 * p->by_trust) * (1.0 + p->unwilling);
    i64 found = 0, drawn = 0;
    Draws d = room_for(n, ptr);
    for (i64 i = 0; i < n; i++) {
        if (i % ROWS == 0) {
            draw_rows(i, n, key, uid, ptr, nbr, 1, d);
            drawn = ptr[i];
        }
        for (i64 h = ptr[i]; h < ptr[i + 1]; h++) {
            i64 j = nbr[h];
            double chance = unit(d.word[0][h - drawn]), restless = 0.5 * (drive[i] + drive[j]);
            if (chance >= most * restless) continue;
            double t_i = trust_of(good[h], bad[h]), t_j = trust_of(good_in[h], bad_in[h]);
            double hazard = p->hazard * restless *
                            exp(-p->by_strength * (w[h] - 0.4) - p->by_trust * (0.5 * (t_i + t_j) - 0.6));
            if (chance >= hazard * (1.0 + p->unwilling)) continue;
            int shared = common(ptr, nbr, i, j);
            double u_i = utility(i, j, t_i, shared, ptr[i + 1] - ptr[i] - 1, profile, x, y, sector, u);
            double u_j = utility(j, i, t_j, shared, ptr[j + 1] - ptr[j] - 1, profile, x, y, sector, u);
            if (chance < hazard * (1.0 + p->unwilling / (1.0 + exp(fmin(u_i, u_j) / 0.1)))) gone[found++] = h;
        }
    }
    free_room(d);
    return found;
}

/* Closes the gaps at positions `gone` (ascending) in all columns and in the row pointer. */
void drop(int columns, char **column, const int *width, i64 n, i64 *ptr, i64 found, const i64 *gone) {
    i64 count = ptr[n];
    for (int c = 0; c < columns; c++) {
        char *data = column[c];
        i64 size = width[c];
        for (i64 k = 0; k < found; k++) {
            i64 stop = k + 1 < found ? gone[k + 1] : count;
            memmove(data + (gone[k] - k) * size, data + (gone[k] + 1) * size, (stop - gone[k] - 1) * size);
        }
    }
    i64 k = 0;
    for (i64 i = 0; i <= n; i++) {
        while (k < found && gone[k] < ptr[i]) k++;
        ptr[i] -= k;
    }
}

static int by_code(const void *a, const void *b) {
    u64 p = *(const u64 *)a, q = *(const u64 *)b;
    return (p > q) - (p < q);
}

/* Adds ties a-b; `fill` holds the bytes of a new entry per column, the first column is the partner. */
void insert(int columns, char **column, const int *width, const char *fill, i64 n, i64 *ptr, i64 pairs,
            const int32_t *a, const int32_t *b) {
    i64 added = 2 * pairs, count = ptr[n];
    u64 *code = malloc(added * sizeof(u64));
    i64 *place = malloc(added * sizeof(i64));
    const int32_t *nbr = (const int32_t *)column[0];
    for (i64 k = 0; k < pairs; k++) {
        code[2 * k] = ((u64)a[k] << 32) | (u32)b[k];
        code[2 * k + 1] = ((u64)b[k] << 32) | (u32)a[k];
    }
    qsort(code, added, sizeof(u64), by_code);
    for (i64 k = 0; k < added; k++) {
        i64 row = (i64)(code[k] >> 32), lo = ptr[row], hi = ptr[row + 1];
        int32_t partner = (int32_t)(u32)code[k];
        while (lo < hi) {
            i64 mid = (lo + hi) >> 1;
            if (nbr[mid] < partner) lo = mid + 1;
            else hi = mid;
        }
        place[k] = lo + k;
    }
    for (int c = 0; c < columns; c++) {
        char *data = column[c];
        i64 size = width[c], stop = count;
        for (i64 k = added - 1; k >= 0; k--) {
            i64 start = place[k] - k;
            memmove(data + (start + k + 1) * size, data + (start)*size, (stop - start) * size);
            if (c == 0) ((int32_t *)data)[place[k]] = (int32_t)(u32)code[k];
            else memcpy(data + place[k] * size, fill + 8 * c, size);
            stop = start;
        }
    }
    i64 k = 0;
    for (i64 i = 0; i < n; i++) {
        i64 before = k;
        while (k < added && (i64)(code[k] >> 32) == i) k++;
        ptr[i] += before;
    }
    ptr[n] += added;
    free(code);
    free(place);
}
