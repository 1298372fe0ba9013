//! Registries: each line names a file and the type in it that `do:` can choose.

use std::any::Any;

use super::chosen::Chosen;
use super::decode::Variant;

/// A type that can be chosen in place `P`, and how it is asked what it says of itself: through the trait object `S`.
pub(crate) struct Entry<P: 'static, S: ?Sized + 'static> {
    /// How it is chosen and read.
    pub(crate) variant: Variant<Chosen<P>>,
    /// The value as what it says of itself, if it is of this entry's type.
    pub(crate) spec: for<'a> fn(&'a dyn Any) -> Option<&'a S>,
    /// Likewise, to be filled in.
    pub(crate) spec_mut: for<'a> fn(&'a mut dyn Any) -> Option<&'a mut S>,
}

/// The entry of a type, or of one of the names that choose it: how it is read, and as what it is asked.
macro_rules! entry {
    ($type:ty as $spec:ident, $name:expr, $doc:expr, $documentation:expr, $declares:expr, $table:expr) => {
        $crate::scenario::registry::Entry {
            variant: $crate::scenario::decode::Variant {
                name: $name,
                doc: $doc,
                documentation: $documentation,
                declares: $declares,
                table: |fields| $table(fields).map($crate::scenario::chosen::Chosen::new),
            },
            spec: |value| value.downcast_ref::<$type>().map(|own| own as &dyn $spec),
            spec_mut: |value| value.downcast_mut::<$type>().map(|own| own as &mut dyn $spec),
        }
    };
}

/// Declares a list with one file a line: `sync::S3Sync` takes the type from that module and lists it under the type's
/// `NAME`. Nothing else has to know of it: the rest of the crate asks a chosen value through the trait of the registry.
macro_rules! registry {
    ($(#[$meta:meta])* const $list:ident: $place:ident as $spec:ident { $($module:ident :: $type:ident),* $(,)? }) => {
        $(
            mod $module;
            pub use $module::$type;

            impl $crate::scenario::chosen::Choosable for $type {
                fn name(&self) -> &'static str {
                    $type::NAME
                }
            }
        )*

        $(#[$meta])*
        pub(crate) const $list: &[
            $crate::scenario::registry::Entry<$crate::scenario::chosen::place::$place, dyn $spec>
        ] = &[$(
            entry!(
                $type as $spec,
                $type::NAME,
                <$type as $crate::scenario::decode::Table>::DOC,
                <$type as $crate::scenario::decode::Table>::DOCUMENTATION,
                <$type as $crate::scenario::decode::Table>::DECLARES,
                <$type as $crate::scenario::decode::Table>::table
            ),
        )*];
    };
}

/// The variants of entries, as `do:` chooses them.
pub(crate) fn variants<P: 'static, S: ?Sized + 'static>(
    entries: impl Iterator<Item = &'static Entry<P, S>>,
) -> Vec<Variant<Chosen<P>>> {
    entries.map(|entry| entry.variant.clone()).collect()
}

/// Declares a list of writers with one file a line, likewise; each type holds [`Writes`](crate::scenario::Writes).
macro_rules! writers {
    ($(#[$meta:meta])* const $list:ident { $($module:ident :: $type:ident),* $(,)? }) => {
        $(mod $module;)*

        $(#[$meta])*
        pub(crate) const $list: &[$crate::scenario::decode::Variant<$crate::scenario::Writes>] = &[$(
            $crate::scenario::decode::Variant {
                name: $module::$type::NAME,
                doc: <$module::$type as $crate::scenario::decode::Table>::DOC,
                documentation: <$module::$type as $crate::scenario::decode::Table>::DOCUMENTATION,
                declares: <$module::$type as $crate::scenario::decode::Table>::DECLARES,
                table: |fields| {
                    <$module::$type as $crate::scenario::decode::Table>::table(fields).map(|own| own.0)
                },
            },
        )*];
    };
}
