//! The figures of each thing that has some.

use serde::{Deserialize, Serialize};

macro_rules! figures {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $figure:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$of])* $figure,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$figure,)*];
        }
    };
}

figures! {
    /// The figures of a portfolio; [`Totals`](crate::Totals) and [`Returns`](crate::Returns) define them.
    PortfolioFigure {
        /// Holdings and cash.
        Value,
        /// Market value of the holdings.
        HoldingsValue,
        /// Cash of all currencies.
        Cash,
        /// Cost of what is held.
        Cost,
        /// The same before the fees and taxes of trades.
        CostBeforeFees,
        /// Value of the holdings less their cost.
        Unrealised,
        /// The same in relation to the cost.
        UnrealisedRate,
        /// Gains of all sales.
        Realised,
        /// The same before the fees and taxes of trades.
        RealisedBeforeFees,
        /// Gains of this calendar year's sales.
        RealisedThisYear,
        /// Dividends and interest after tax and fee.
        Income,
        /// The same of the last twelve months.
        Income12Months,
        /// Fees that belong to no trade.
        Charges,
        /// All fees.
        Fees,
        /// All taxes.
        Taxes,
        /// What currency rates did to cash.
        CashCurrencyGain,
        /// What was gained in all.
        TotalGain,
        /// Cash paid in.
        Deposits,
        /// The inferred part of it.
        InferredDeposits,
        /// Cash paid out.
        Withdrawals,
        /// Deposits less withdrawals.
        NetDeposits,
        /// Shares from elsewhere less shares to elsewhere.
        NetTransfers,
        /// The last session's change in money.
        DayChange,
        /// The last session's return.
        DayReturn,
        /// Total gain in relation to what was paid in.
        SimpleReturn,
        /// Money-weighted return: a year from one year on, else of the whole time.
        Xirr,
        /// Time-weighted return of the whole time.
        TimeWeighted,
        /// The same a year.
        AnnualisedTimeWeighted,
        /// The deepest fall of the time-weighted index.
        MaxDrawdown,
    }
}

figures! {
    /// The figures of a lot that is held; [`Lot`](crate::Lot) defines them.
    LotFigure {
        /// Cost of what is left of it.
        Cost,
        /// Its shares at the holding's price.
        Value,
        /// Value less cost.
        Unrealised,
    }
}

figures! {
    /// The figures of a benchmark; [`Comparison`](crate::Comparison) defines them.
    BenchmarkFigure {
        /// What the same money would be worth.
        Value,
        /// Value less net investment.
        Gain,
        /// Own value less the benchmark's.
        AheadBy,
        /// The same in relation to what was paid in.
        AheadRate,
        /// Money-weighted return of the benchmark.
        Xirr,
        /// Money in less money out.
        NetInvested,
        /// Money in, of the days on which more came than went.
        PaidIn,
        /// Gain in relation to what was paid in.
        GainRate,
        /// Shares of the benchmark.
        Units,
        /// Its return from the first purchase on.
        TotalReturn,
        /// The same a year.
        AnnualisedReturn,
    }
}

figures! {
    /// The figures of a period; [`Performance`](crate::Performance) defines them.
    PeriodFigure {
        /// Value at the close of the opening day.
        Opening,
        /// Value at the close of the last day.
        Closing,
        /// What came in, of the days on which more came than went.
        PaidIn,
        /// What went out, of the days on which more went than came.
        PaidOut,
        /// What crossed the border in between.
        NetFlows,
        /// Closing less opening less net flows.
        Gain,
        /// Money-weighted return: a year from one year on, else of the period.
        MoneyWeighted,
        /// Modified Dietz return.
        ModifiedDietz,
        /// Gain in relation to the opening value and what was paid in.
        Simple,
        /// Gain in relation to the holdings at the opening and all that was bought.
        OnPurchases,
        /// Time-weighted return.
        TimeWeighted,
        /// The same a year.
        AnnualisedTimeWeighted,
    }
}

figures! {
    /// The figures of a source of gain; [`Contribution`](crate::Contribution) defines them.
    ContributionFigure {
        /// Money gained.
        Gain,
        /// Its part of the time-weighted return.
        TimeWeighted,
        /// Its part of the simple return.
        Simple,
    }
}

figures! {
    /// The figures of a holding's dividend yield; [`DividendYield`](crate::DividendYield) defines them.
    YieldFigure {
        /// Dividends per unit of the last twelve months.
        PerUnit,
        /// The special ones of them.
        SpecialPerUnit,
        /// In relation to the price.
        Trailing,
        /// The same without specials.
        Regular,
        /// In relation to the cost of a unit.
        OnCost,
    }
}

figures! {
    /// The figures of the yield of all that is held; [`PortfolioYield`](crate::PortfolioYield) defines them.
    PortfolioYieldFigure {
        /// What the units held would have been paid.
        Dividends,
        /// In relation to the holdings' value.
        Trailing,
        /// In relation to their cost.
        OnCost,
    }
}

figures! {
    /// The figures of a year of dividends; [`DividendYear`](crate::DividendYear) defines them.
    DividendYearFigure {
        /// Regular ones.
        Regular,
        /// Special ones.
        Special,
        /// Growth of the regular ones over the year before.
        Growth,
    }
}

figures! {
    /// The figures of risk; [`RiskReport`](crate::risk::RiskReport) defines them.
    RiskFigure {
        /// Standard deviation a year.
        Volatility,
        /// Reward above the risk-free rate for each unit of deviation.
        SharpeRatio,
        /// Deviation of the shortfalls a year.
        DownsideDeviation,
        /// Reward above the minimum for each unit of downside deviation.
        SortinoRatio,
        /// The deepest fall.
        MaxDrawdown,
        /// How far the end is below the high.
        CurrentDrawdown,
        /// Root mean square of the drawdowns.
        UlcerIndex,
        /// Annualised return for the deepest fall.
        CalmarRatio,
        /// Slope of the returns on the benchmark's.
        Beta,
        /// Return a year beyond what beta explains.
        Alpha,
        /// Pearson's correlation.
        Correlation,
        /// Deviation of the differences a year.
        TrackingError,
    }
}

figures! {
    /// The figures of a holding; [`Holding`](crate::Holding) defines them.
    HoldingFigure {
        /// Shares held.
        Quantity,
        /// The price that values it, in its currency.
        Price,
        /// Base currency per unit of the price's currency.
        ExchangeRate,
        /// Market value.
        Value,
        /// Cost of what is held.
        Cost,
        /// The same before the fees and taxes of its trades.
        CostBeforeFees,
        /// Cost per share.
        UnitCost,
        /// Cost in the currency of the price.
        ListedCost,
        /// Value less cost.
        Unrealised,
        /// The same in relation to the cost.
        UnrealisedRate,
        /// The part of the unrealised gain that the exchange rate made.
        CurrencyEffect,
        /// Gains of its sales.
        Realised,
        /// The same before the fees and taxes of its trades.
        RealisedBeforeFees,
        /// Dividends after tax and fee.
        Income,
        /// Fees that name it and belong to no trade.
        Charges,
        /// Unrealised and realised gain and income, less charges.
        TotalGain,
        /// Share of the portfolio's value.
        Weight,
        /// The last session's change in money.
        DayChange,
        /// The last session's return.
        DayReturn,
        /// Money-weighted return.
        Xirr,
        /// Time-weighted return of the whole time.
        TimeWeighted,
        /// The same a year.
        AnnualisedTimeWeighted,
        /// The deepest fall of its time-weighted index.
        MaxDrawdown,
    }
}

figures! {
    /// The figures of cash in a currency; [`CashHolding`](crate::CashHolding) defines them.
    CashFigure {
        /// The balance in it.
        Balance,
        /// In the base currency at the day's rate.
        Value,
        /// What the currency's rate did to the balance since it was booked.
        CurrencyGain,
    }
}

figures! {
    /// The figures of a purchase; [`PurchaseEffect`](crate::PurchaseEffect) defines them.
    PurchaseFigure {
        /// Cost with fee and tax.
        Cost,
        /// Value of the shares that are left of it.
        Value,
        /// What its sold shares brought.
        Proceeds,
        /// Its share of the dividends.
        Dividends,
        /// Value, proceeds and dividends less cost.
        Effect,
        /// Value and proceeds in relation to the cost.
        Multiple,
    }
}

figures! {
    /// The figures of a sale; [`SaleEffect`](crate::SaleEffect) defines them.
    SaleEffectFigure {
        /// What it brought.
        Proceeds,
        /// What the shares would be worth now.
        KeptValue,
        /// Dividends that they would have been paid since.
        DividendsMissed,
        /// Proceeds less both.
        Effect,
    }
}

figures! {
    /// The sums of decisions on an instrument; [`SymbolEffects`](crate::SymbolEffects) defines them.
    DecisionsFigure {
        /// Of its purchases.
        Purchases,
        /// Of its sales.
        Sales,
    }
}

figures! {
    /// The figures of a holding's multiple; [`HoldingMultiple`](crate::HoldingMultiple) defines them.
    MultipleFigure {
        /// Cost of all that was ever bought or transferred in.
        Cost,
        /// Market value and proceeds.
        Returned,
        /// Both in relation.
        Multiple,
    }
}

figures! {
    /// The figures of an age group; [`AgeGroup`](crate::AgeGroup) defines them.
    AgeGroupFigure {
        /// The better ones, by number.
        Share,
        /// The better ones, by cost.
        ShareOfMoney,
    }
}

figures! {
    /// The figures of a class; [`ClassShare`](crate::ClassShare) defines them.
    AllocationFigure {
        /// Its value.
        Value,
        /// Its part of the whole.
        Weight,
    }
}

figures! {
    /// The figures of capital gains; [`CapitalGains`](crate::CapitalGains) defines them.
    CapitalGainsFigure {
        /// Of what is held at the end.
        Unrealised,
        /// The part of it that exchange rates made.
        UnrealisedCurrency,
        /// Of what was sold.
        Realised,
        /// The part of it that exchange rates made.
        RealisedCurrency,
        /// Gains that shares transferred out took along.
        Transferred,
        /// All of it.
        Total,
    }
}

figures! {
    /// The other parts of a gain; [`GainParts`](crate::GainParts) defines them.
    GainPartFigure {
        /// Dividends before tax and fee.
        DividendsGross,
        /// Dividends as they arrived.
        DividendsNet,
        /// Interest before tax and fee.
        InterestGross,
        /// Interest as it arrived.
        InterestNet,
        /// All income before tax and fee.
        IncomeGross,
        /// All income as it arrived.
        IncomeNet,
        /// Fees of purchases, sales and transfers.
        FeesOfTrades,
        /// Fees kept from income.
        FeesOfIncome,
        /// Fees paid by themselves.
        FeesSeparate,
        /// All fees.
        Fees,
        /// Taxes of purchases and sales.
        TaxesOfTrades,
        /// Taxes withheld from income.
        TaxesOfIncome,
        /// Taxes paid by themselves.
        TaxesSeparate,
        /// All taxes.
        Taxes,
        /// What exchange rates did to cash.
        CashCurrencyGain,
    }
}

figures! {
    /// The figures of closed lots; [`RealisedSums`](crate::RealisedSums) defines them.
    TaxYearFigure {
        /// What they brought.
        Proceeds,
        /// What they cost.
        Cost,
        /// Proceeds less cost.
        Gain,
        /// The lots with a gain, alone.
        Gains,
        /// The lots with a loss, alone.
        Losses,
        /// The fees in cost and proceeds.
        Fees,
        /// The transaction taxes in cost and proceeds.
        Taxes,
    }
}

figures! {
    /// The income of a tax year; [`IncomeSums`](crate::IncomeSums) defines it, and
    /// [`TaxYearReport`](crate::TaxYearReport) the taxes.
    TaxYearIncomeFigure {
        /// Dividends before tax and fee.
        Dividends,
        /// Tax withheld from them.
        DividendsWithheld,
        /// Interest received, before tax.
        Interest,
        /// Tax withheld from interest.
        InterestWithheld,
        /// Interest paid.
        InterestCharged,
        /// Fees that were kept from income.
        Fees,
        /// Taxes that belong to no trade and no payment.
        SeparateTaxes,
    }
}

figures! {
    /// The figures of calendar returns together; [`ReturnSummary`](crate::ReturnSummary) defines them.
    CalendarFigure {
        /// The best.
        Best,
        /// The worst.
        Worst,
        /// Their mean.
        Average,
    }
}
