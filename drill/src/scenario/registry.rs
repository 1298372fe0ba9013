//! One line registers a fault or a runbook action.

/// Declares an enum with one variant a file: `s3_delete_objects::S3DeleteObjects` takes the type from
/// that module, gives the enum a variant of the same name, and has the variant known by the type's
/// `NAME`. The rest of the crate asks it through the trait that it is registered as, never which one it
/// is, so that one more file and one more line are all that one more takes.
macro_rules! registry {
    ($(#[$meta:meta])* pub enum $name:ident as $trait:ident { $($module:ident :: $variant:ident),+ $(,)? }) => {
        $(
            mod $module;
            pub use $module::$variant;
        )+

        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                #[doc = concat!("See [`", stringify!($variant), "`].")]
                $variant($variant),
            )+
        }

        impl $name {
            /// Every one of them, as `do:` chooses it.
            pub(crate) const VARIANTS: &[$crate::scenario::decode::Variant<$name>] = &[$(
                $crate::scenario::decode::Variant {
                    name: $variant::NAME,
                    doc: <$variant as $crate::scenario::decode::Table>::DOC,
                    table: |fields| {
                        <$variant as $crate::scenario::decode::Table>::table(fields).map($name::$variant)
                    },
                },
            )+];

            /// What it says of itself.
            pub(crate) fn as_dyn(&self) -> &dyn $trait {
                match self {
                    $($name::$variant(own) => own,)+
                }
            }

            /// Likewise, to be filled in.
            pub(crate) fn as_dyn_mut(&mut self) -> &mut dyn $trait {
                match self {
                    $($name::$variant(own) => own,)+
                }
            }

            /// The name that `do:` gives it.
            pub fn name(&self) -> &'static str {
                match self {
                    $($name::$variant(_) => $variant::NAME,)+
                }
            }
        }
    };
}
