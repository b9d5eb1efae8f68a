//! What makes a set of prices implausible: the same model at different discounts in different places.

use super::row::{Price, Row};

/// Everything that is wrong with the prices of a model.
pub(super) fn problems(row: &Row) -> Vec<String> {
    let mut problems = Vec::new();
    for (scope, price) in &row.prices_usd_per_mtok {
        if price.input.is_none() || price.output.is_none() {
            problems.push(format!("the price of `{scope}` lacks input or output"));
        }
        if !price.long_context_tiers.is_sorted_by_key(|tier| tier.above_input_tokens) {
            problems.push(format!("the long-context rates of `{scope}` are not by ascending threshold"));
        }
        if let Some(confidence) = price.confidence.as_deref().filter(|word| confidence(word).is_none()) {
            problems.push(format!("the price of `{scope}` has the unknown confidence `{confidence}`"));
        }
    }
    problems.extend(gov_cloud(row));
    problems.extend(discounts(row));
    problems
}

/// The variant of `Confidence` in the facts crate.
pub(super) fn confidence(word: &str) -> Option<&'static str> {
    match word {
        "high" => Some("High"),
        "medium" => Some("Medium"),
        "low" => Some("Low"),
        "" => Some("Unrated"),
        _ => None,
    }
}

/// GovCloud has one price list: the profile's price is that of the regions.
fn gov_cloud(row: &Row) -> Option<String> {
    let profile = row.prices_usd_per_mtok.get("us-gov")?;
    let rates = |price: &Price| (price.input, price.output);
    let (region, _) = row
        .prices_usd_per_mtok
        .iter()
        .find(|(scope, price)| scope.starts_with("region:us-gov-") && rates(price) != rates(profile))?;
    Some(format!("`us-gov` and `{region}` have different prices"))
}

/// A surcharge or discount is a factor, the same in all of the commercial partition. Where one scope has another
/// factor, base and tier were taken from different price lists. Regions are left out: their prices are rounded.
fn discounts(row: &Row) -> Vec<String> {
    let mut seen: Vec<(String, &str, f64)> = Vec::new();
    let mut problems = Vec::new();
    for (scope, price) in row.prices_usd_per_mtok.iter().filter(|(scope, _)| !scope.contains(':')) {
        for (tier, input) in tiers(price) {
            let Some(base) = price.input.filter(|base| *base > 0.0) else { continue };
            let factor = input / base;
            match seen.iter().find(|(known, _, _)| *known == tier) {
                Some((_, other, expected)) if (factor - expected).abs() > 0.01 * expected => problems.push(format!(
                    "{tier} costs {factor:.3} times the usual input in `{scope}` and {expected:.3} times in `{other}`"
                )),
                Some(_) => {}
                None => seen.push((tier, scope, factor)),
            }
        }
    }
    problems
}

fn tiers(price: &Price) -> Vec<(String, f64)> {
    let service = [("tier_flex", &price.tier_flex), ("tier_priority", &price.tier_priority)];
    let service =
        service.into_iter().filter_map(|(name, tier)| Some((name.to_owned(), tier.as_ref()?.input)));
    let long = price
        .long_context_tiers
        .iter()
        .map(|tier| (format!("a prompt above {} tokens", tier.above_input_tokens), tier.input));
    service.chain(long).collect()
}
