#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vips/vips.h>

/* Swift cannot call functions with a varying number of arguments. */

/* Reads the header; the pixels are decoded when somebody asks for them, line by line. */
static inline VipsImage *sasando_vips_open(const void *bytes, size_t count) {
    return vips_image_new_from_buffer(
        bytes, count, "", "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
}

/* Decodes to at most `side` x `side` pixels, upright, in sRGB. A JPEG is halved while it is decoded, as far as that goes:
   libvips' own thumbnail of a buffer does so too, but lets what is damaged pass. */
static inline int sasando_vips_shrink(const void *bytes, size_t count, int side, int is_jpeg, VipsImage **out) {
    VipsImage *in = sasando_vips_open(bytes, count);
    if (in == NULL) return -1;
    int longest = VIPS_MAX(vips_image_get_width(in), vips_image_get_height(in)), halving = 1;
    while (is_jpeg && halving < 8 && longest / (halving * 2) >= side) halving *= 2;
    if (halving > 1) {
        g_object_unref(in);
        in = NULL;
        if (vips_jpegload_buffer(
                (void *)bytes, count, &in, "shrink", halving, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                VIPS_FAIL_ON_TRUNCATED, NULL) != 0) return -1;
    }
    int failed = vips_thumbnail_image(
        in, out, side, "height", side, "size", VIPS_SIZE_DOWN, "export_profile", "srgb", NULL);
    /* A colour profile that cannot be read makes no photo worse than none does. */
    if (failed && vips_image_remove(in, VIPS_META_ICC_NAME)) {
        vips_error_clear();
        failed = vips_thumbnail_image(
            in, out, side, "height", side, "size", VIPS_SIZE_DOWN, "export_profile", "srgb", NULL);
    }
    g_object_unref(in);
    return failed;
}

static inline int sasando_vips_shrink_image(VipsImage *in, int side, VipsImage **out) {
    return vips_thumbnail_image(in, out, side, "height", side, "size", VIPS_SIZE_DOWN, NULL);
}

/* As a JPEG without any metadata; what is transparent becomes white. */
static inline int sasando_vips_jpeg(VipsImage *in, int quality, void **bytes, size_t *count) {
    double white[] = {255, 255, 255};
    VipsArrayDouble *background = vips_array_double_new(white, 3);
    int failed = vips_jpegsave_buffer(
        in, bytes, count, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, "background", background, NULL);
    vips_area_unref((VipsArea *)background);
    return failed;
}

/* Bounds this process: its memory, no files, no further rights, no core; when memory is short, it goes first. */
static inline int sasando_confine(unsigned long memory) {
    struct rlimit most = {memory, memory};
    struct rlimit none = {0, 0};
    struct rlimit few = {16, 16};
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) {
        if (write(score, "1000", 4) < 0) { /* A wish; the bounds below are not. */ }
        close(score);
    }
    return setrlimit(RLIMIT_AS, &most) != 0 || setrlimit(RLIMIT_CORE, &none) != 0
        || setrlimit(RLIMIT_FSIZE, &none) != 0 || setrlimit(RLIMIT_NOFILE, &few) != 0
        || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0;
}
