# port/deps: locked third-party sources
