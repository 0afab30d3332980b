// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

/// A system C library, imported by exactly one wrapper module.
func cLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A module under `Shared/`.
func shared(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", resources: resources, swiftSettings: settings)
}

/// A service under `Services/`: executable `mission`, module `MissionService`.
func service(
    _ name: String, _ module: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
    .executableTarget(
        name: module,
        dependencies: dependencies + ["Contracts", "Messaging", "Resilience", "ServiceRuntime"],
        path: "Services/\(name)",
        exclude: ["README.md", "buildspec.yml"],
        resources: [.embedInCode("Schema"), .embedInCode("openapi.yaml")] + resources,
        swiftSettings: settings
    )
}

/// A service of the order pipeline: it has no schema.
func orderService(
    _ name: String, _ module: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
    resources: [Resource] = [.embedInCode("openapi.yaml")]
) -> Target {
    .executableTarget(
        name: module,
        dependencies: dependencies + ["Orders"],
        path: "Services/\(name)",
        exclude: ["README.md"] + (resources.isEmpty ? [] : ["buildspec.yml"]) + exclude,
        resources: resources,
        swiftSettings: settings
    )
}

/// A tool under `infra/`, written apart from the services.
func tool(_ name: String, _ module: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: module,
        dependencies: dependencies + ["Allocator", hummingbird, arguments],
        path: "infra/\(name)",
        exclude: ["README.md"],
        swiftSettings: settings
    )
}

/// The tests of one module, under `Tests/`.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        path: "Tests/\(name)",
        swiftSettings: settings
    )
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "game-suite",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "mission", targets: ["MissionService"]),
        .executable(name: "reward", targets: ["RewardService"]),
        .executable(name: "gift", targets: ["GiftService"]),
        .executable(name: "telegram", targets: ["TelegramService"]),
        .executable(name: "mypage", targets: ["MypageService"]),
        .executable(name: "event-listener", targets: ["EventListenerService"]),
        .executable(name: "order-generator", targets: ["OrderGenerator"]),
        .executable(name: "order-collector", targets: ["OrderCollector"]),
        .executable(name: "order-statistics", targets: ["OrderStatistics"]),
        .executable(name: "order-dashboard", targets: ["OrderDashboard"]),
        .executable(name: "bypass-queue", targets: ["BypassQueueService"]),
        .executable(name: "dev-broker", targets: ["DevBroker"]),
        .executable(name: "callback-receiver", targets: ["CallbackReceiver"]),
        .executable(name: "telegram-sandbox", targets: ["TelegramSandbox"]),
        .executable(name: "demo-token", targets: ["DemoToken"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // C libraries: a module map and a shim each.
        cLibrary("CRdkafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        cLibrary("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        cLibrary("CMariaDB", pkgConfig: "libmariadb", apt: "libmariadb-dev"),
        cLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        cLibrary("CHiredis", pkgConfig: "hiredis", apt: "libhiredis-dev"),
        cLibrary("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        cLibrary("CJemalloc", pkgConfig: "jemalloc", apt: "libjemalloc-dev"),
        .systemLibrary(name: "CScheduler", path: "Shared/CScheduler"),
        // Nobody imports it: who links it allocates with it. Nothing looks symbols up in these executables, and without
        // exports the linker drops what nobody calls, which is 2 MB less to hold in memory.
        .target(
            name: "Allocator", dependencies: ["CJemalloc"], path: "Shared/Allocator",
            linkerSettings: [
                .unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux], configuration: .release))
            ]),

        // Their wrappers.
        shared("WorkerThreads", [collections]),
        shared("Kafka", ["CRdkafka", "WorkerThreads", logging, metrics]),
        shared("KafkaDevBroker", ["CRdkafka"]),
        shared("Postgres", ["CPostgres", "Contracts", "WorkerThreads", logging, metrics]),
        shared("MariaDB", ["CMariaDB", "Contracts", "WorkerThreads", logging, metrics]),
        shared("HTTPClient", ["CCurl", logging, metrics, collections]),
        shared("Redis", ["CHiredis", "COpenSSL", "WorkerThreads", logging, metrics]),

        // What the services have in common.
        shared("Contracts"),
        shared("Digest", [.product(name: "Crypto", package: "swift-crypto")]),
        shared("InternetAddresses"),
        shared("Auth", ["Contracts", "Digest", .product(name: "JWTKit", package: "jwt-kit")]),
        shared("Orders", ["Contracts"]),
        shared("Resilience", [collections]),
        shared("Messaging", ["Contracts", "Kafka", "Resilience", logging, metrics, lifecycle]),
        shared(
            "Outbox",
            [
                "Contracts", "Kafka", "Messaging", "Postgres", "Resilience", "WorkerThreads", logging, metrics,
                lifecycle,
            ],
            resources: [.embedInCode("Schema")]
        ),
        shared(
            "ServiceRuntime",
            [
                "Allocator", "Auth", "CScheduler", "Contracts", "Digest", "HTTPClient", "InternetAddresses", "Kafka",
                "Messaging", "Resilience", logging, metrics, lifecycle, arguments, hummingbird,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        shared("RedisSettings", ["Redis", "ServiceRuntime"]),
        shared(
            "PublishingService",
            [
                "Contracts", "Kafka", "Messaging", "Outbox", "Postgres", "ServiceRuntime", logging, lifecycle,
                arguments,
            ]
        ),
        shared("TestSupport", ["HTTPClient", "Kafka", "KafkaDevBroker", "Postgres", "MariaDB", logging]),

        service("mission", "MissionService", ["Outbox", "Postgres", "PublishingService"]),
        service("reward", "RewardService", ["Outbox", "Postgres", "PublishingService"]),
        service(
            "gift", "GiftService", ["Auth", "Outbox", "Postgres", "PublishingService", "HTTPClient", "WorkerThreads"]),
        service("telegram", "TelegramService", ["Outbox", "Postgres", "PublishingService", "HTTPClient", "Digest"]),
        service("mypage", "MypageService", ["Kafka", "MariaDB", "WorkerThreads"]),
        service(
            "event-listener", "EventListenerService",
            ["Digest", "HTTPClient", "Kafka", "Postgres", "PublishingService", "WorkerThreads", collections, metrics],
            resources: [.embedInCode("Elastic"), .embedInCode("Pages")]),

        orderService("order-generator", "OrderGenerator", ["Contracts", arguments], resources: []),

        orderService(
            "order-collector", "OrderCollector",
            [
                "Auth", "Contracts", "Digest", "HTTPClient", "Kafka", "Redis", "RedisSettings", "Resilience",
                "ServiceRuntime", "WorkerThreads", collections, .product(name: "Yams", package: "Yams"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            resources: [.embedInCode("openapi.yaml"), .embedInCode("default.yaml")]
        ),

        orderService(
            "order-statistics", "OrderStatistics",
            [
                "Contracts", "Kafka", "Redis", "RedisSettings", "Resilience", "ServiceRuntime", logging, metrics,
                lifecycle,
            ]
        ),

        .target(
            name: "DashboardAssets", path: "Services/order-dashboard/Assets",
            exclude: ["index.html", "style.css", "app.js", "chart.js", "d3.min.js", "d3.LICENSE"]),
        orderService(
            "order-dashboard", "OrderDashboard",
            [
                "Contracts", "DashboardAssets", "Redis", "RedisSettings", "ServiceRuntime", "WorkerThreads", logging,
                lifecycle,
            ],
            exclude: ["Assets"]
        ),

        service(
            "bypass-queue", "BypassQueueService",
            [
                "Outbox", "Postgres", "PublishingService", "HTTPClient", "Digest", "InternetAddresses",
                "WorkerThreads", collections, metrics,
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            resources: [.embedInCode("Page")]),

        // Tools beside the suite.
        tool(
            "dev-broker", "DevBroker",
            [
                "KafkaDevBroker", lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
            ]
        ),
        tool(
            "telegram-sandbox", "TelegramSandbox",
            [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),

        tool(
            "callback-receiver", "CallbackReceiver",
            [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),

        .executableTarget(
            name: "DemoToken", dependencies: ["Auth", arguments], path: "infra/demo-token", exclude: ["README.md"],
            swiftSettings: settings),

        tests("AuthTests", ["Auth", "Contracts", "Digest"]),
        tests("ContractsTests", ["Contracts"]),
        tests("ResilienceTests", ["Resilience"]),
        tests("WorkerThreadsTests", ["WorkerThreads"]),
        tests("KafkaTests", ["Kafka", "KafkaDevBroker", logging]),
        tests("PostgresTests", ["Contracts", "Postgres", "TestSupport", logging]),
        tests("MariaDBTests", ["MariaDB", "Contracts", "TestSupport", "WorkerThreads", logging]),
        tests("HTTPClientTests", ["HTTPClient", "TestSupport", logging]),
        tests("MessagingTests", ["Messaging", "KafkaDevBroker", "TestSupport"]),
        tests("DevBrokerTests", ["DevBroker", "Kafka", "KafkaDevBroker", "TestSupport", logging]),
        tests("OutboxTests", ["Outbox", "KafkaDevBroker", "TestSupport"]),
        tests("DigestTests", ["Digest"]),
        tests("InternetAddressesTests", ["InternetAddresses"]),
        tests(
            "ServiceRuntimeTests",
            [
                "Auth", "ServiceRuntime", "Digest", "InternetAddresses", "Kafka", "TestSupport", metrics,
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),
        tests("MissionServiceTests", ["MissionService"]),
        tests("RewardServiceTests", ["RewardService"]),
        tests(
            "GiftServiceTests",
            ["GiftService", "Contracts", "Messaging", "Outbox", "Postgres", "ServiceRuntime", "TestSupport", logging]),
        tests("TelegramServiceTests", ["TelegramService", "Digest", "HTTPClient", "Postgres", "TestSupport", logging]),
        tests(
            "MypageServiceTests",
            [
                "MypageService", "MariaDB", "Contracts", "TestSupport", logging, "Kafka", "KafkaDevBroker", "Messaging",
                "ServiceRuntime",
            ]
        ),
        .target(
            name: "BulkServer", dependencies: ["ServiceRuntime", logging], path: "Tests/Support/BulkServer",
            swiftSettings: settings),
        tests(
            "EventListenerServiceTests",
            [
                "BulkServer",
                "EventListenerService", "Contracts", "Digest", "HTTPClient", "Kafka", "KafkaDevBroker", "Messaging",
                "Postgres", "ServiceRuntime", "TestSupport", logging,
            ]
        ),
        tests("OrdersTests", ["Orders"]),
        tests("RedisTests", ["Redis", "TestSupport", logging]),
        tests("OrderCollectorTests", ["OrderCollector", "Orders", "TestSupport", logging]),
        tests("OrderStatisticsTests", ["OrderStatistics", "Contracts", "Orders"]),
        tests("OrderDashboardTests", ["OrderDashboard", "Orders"]),
        tests(
            "EndToEnd",
            [
                "Auth", "BulkServer", "Contracts", "Kafka", "KafkaDevBroker", "Messaging", "Orders", "Postgres",
                "Redis",
                "TestSupport", hummingbird,
            ]),
        tests(
            "BypassQueueServiceTests",
            [
                "BypassQueueService", "Contracts", "Digest", "HTTPClient", "InternetAddresses", "KafkaDevBroker",
                "Outbox", "Postgres", "Resilience", "ServiceRuntime", "TestSupport", logging,
            ]),
    ]
)

// The programs that `make bench` measures the HTTP server and the circuit breaker with; built only for it.
if Context.environment["BENCHMARKS"] != nil {
    package.products += [
        .executable(name: "constant", targets: ["ConstantService"]),
        .executable(name: "breaker-cost", targets: ["BreakerCost"]),
        .executable(name: "auth-cost", targets: ["AuthCost"]),
    ]
    package.targets += [
        .executableTarget(
            name: "ConstantService", dependencies: ["ServiceRuntime"], path: "Benchmarks/constant",
            swiftSettings: settings),
        .executableTarget(
            name: "BreakerCost", dependencies: ["Resilience"], path: "Benchmarks/breaker", swiftSettings: settings),
        .executableTarget(
            name: "AuthCost", dependencies: ["Auth", "Contracts"], path: "Benchmarks/auth", swiftSettings: settings),
    ]
}
