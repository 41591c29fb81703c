/* How the macros of gradproof.h tell a callback's precision from its type, in C and in C++.
 * Included by gradproof.h.
 */
#ifndef GRADPROOF_CALLBACKS_H
#define GRADPROOF_CALLBACKS_H

#ifndef GRADPROOF_H
#error "include <gradproof.h>, which includes this"
#endif

#ifdef __cplusplus

/* An overload for each precision, so that functions and lambdas without captures convert. */
template <typename Wide, typename Narrow> struct gp_typed_callback {
    gp_dtype dtype;
    gp_callback callback;
    gp_typed_callback(Wide wide)
        : dtype(GP_FLOAT64), callback(reinterpret_cast<gp_callback>(wide)) {
    }
    gp_typed_callback(Narrow narrow)
        : dtype(GP_FLOAT32), callback(reinterpret_cast<gp_callback>(narrow)) {
    }
};

template <typename Wide, typename Narrow>
inline gp_status gp_set_typed(gp_function *function, gp_role role,
                              gp_typed_callback<Wide, Narrow> typed) {
    return gp_function_set_callback(function, role, typed.dtype, typed.callback);
}

template <typename Wide, typename Narrow>
inline gp_status gp_set_map(gp_function *function, gp_role role, size_t outputs,
                            gp_typed_callback<Wide, Narrow> typed) {
    return gp_function_set_map_callback(function, role, outputs, typed.dtype, typed.callback);
}

#define GP_SET_TYPED(function, role, type, callback)                                               \
    gp_set_typed<type##_f64, type##_f32>(function, role, callback)
#define GP_SET_MAP(function, role, outputs, type, callback)                                        \
    gp_set_map<type##_f64, type##_f32>(function, role, outputs, callback)

#else

#define GP_DTYPE_OF(type, callback)                                                                \
    _Generic((callback), type##_f64 : GP_FLOAT64, type##_f32 : GP_FLOAT32)
#define GP_SET_TYPED(function, role, type, callback)                                               \
    gp_function_set_callback(function, role, GP_DTYPE_OF(type, callback), (gp_callback)(callback))
#define GP_SET_MAP(function, role, outputs, type, callback)                                        \
    gp_function_set_map_callback(function, role, outputs, GP_DTYPE_OF(type, callback),             \
                                 (gp_callback)(callback))

#endif

#endif
