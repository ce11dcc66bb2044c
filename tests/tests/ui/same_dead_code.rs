//! What nobody calls is found as without the attribute: `tests/ui.rs` compares.

#![deny(dead_code)]

mod bare {
    // bare
    fn never_called() {}

    // bare
    async fn never_called_later() {}

    // bare
    fn never_given() -> impl Future<Output = u8> {
        std::future::ready(1)
    }

    pub struct Inside;

    // bare
    impl Inside {
        fn never_called_either(&self) {}
    }

    impl Inside {
        // bare
        fn nor_this(self) {}
    }
}

mod tools {
    #[telemetry_runtime::tool]
    fn never_called() {}

    #[telemetry_runtime::tool]
    async fn never_called_later() {}

    #[telemetry_runtime::tool]
    fn never_given() -> impl Future<Output = u8> {
        std::future::ready(1)
    }

    pub struct Inside;

    #[telemetry_runtime::tool]
    impl Inside {
        fn never_called_either(&self) {}
    }

    impl Inside {
        #[telemetry_runtime::tool]
        fn nor_this(self) {}
    }
}

fn main() {}
