use telemetry_runtime::tool;

struct Agent;

#[tool(name = "agent", skip(secert), skip_all)]
impl Agent {
    fn act(&self, secret: &str) -> usize {
        secret.len()
    }

    #[tool(nmae = "a", skip(x))]
    fn wait(&self, secs: u64) -> u64 {
        secs
    }

    #[tool]
    const fn limit() -> u8 {
        3
    }

    #[tool(skip, name = "a")]
    #[tool]
    fn twice() {}
}

#[tool]
trait Acts {
    #[tool]
    fn act(&self);
}

#[tool]
mod parts {
    #[tool(name = "part")]
    impl super::Agent {
        #[tool(skip_al)]
        pub fn part(&self) -> u8 {
            2
        }
    }
}

#[tool]
mod file;

fn main() {
    Agent.act("a");
    Agent.wait(1);
    Agent::limit();
    Agent::twice();
    Agent.part();
}
