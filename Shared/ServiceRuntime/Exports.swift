// What every service needs beside this module, so that its files import one module and not five.
@_exported import ArgumentParser
@_exported import Auth
@_exported import Contracts
@_exported import Hummingbird
@_exported import Logging
@_exported import ServiceLifecycle
