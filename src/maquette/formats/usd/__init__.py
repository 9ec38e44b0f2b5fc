"""USD: USDZ, USDC and USDA through usd-core."""
